"""An API in FastAPI: python fastapi_app.py"""
import os
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException

from tokens import KeysUnavailable, challenge, description, verify


def needs(scope: str, *roles: str):
    """Lets requests pass whose token has the scope and, if any are named, one of the roles."""

    def check(authorization: Annotated[str, Header()] = "") -> dict:
        scheme, _, raw = authorization.partition(" ")
        if scheme.lower() != "bearer":  # no error: nothing was sent (RFC 6750 §3.1)
            raise HTTPException(401, headers={"WWW-Authenticate": challenge(f'scope="{scope}"')})
        try:
            token = verify(raw)
        except KeysUnavailable:
            raise HTTPException(503)
        except jwt.PyJWTError:
            raise HTTPException(401, headers={"WWW-Authenticate": challenge('error="invalid_token"')})
        if scope not in token.get("scope", "").split():
            raise HTTPException(403, headers={"WWW-Authenticate": challenge(f'error="insufficient_scope", scope="{scope}"')})
        if roles and token.get("role") not in roles:
            raise HTTPException(403)  # more scope would not help
        return token

    return Depends(check)


app = FastAPI()
app.get("/.well-known/oauth-protected-resource")(description)


@app.get("/orders")
def orders(token: Annotated[dict, needs("orders:read")]):
    return {"sub": token["sub"], "client_id": token["client_id"], "role": token.get("role")}


@app.get("/reports")
def reports(token: Annotated[dict, needs("orders:read", "staff", "admin")]):
    return {"sub": token["sub"], "client_id": token["client_id"], "role": token.get("role")}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]))
