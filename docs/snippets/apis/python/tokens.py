"""Checks the access tokens of a Gatehouse."""
import os

import jwt  # PyJWT[crypto]

ISSUER = os.environ["ISSUER"]  # https://login.example.com
AUDIENCE = os.environ["AUDIENCE"]  # https://orders.example.com
METADATA = AUDIENCE + "/.well-known/oauth-protected-resource"

# An unknown kid asks for the keys again, at most every ten seconds. PyJWT does not read max-age,
# so the keys are kept for five minutes, which is less than Gatehouse says.
keys = jwt.PyJWKClient(ISSUER + "/.well-known/jwks.json", lifespan=300, cooldown_duration=10, timeout=5)

KeysUnavailable = jwt.PyJWKClientConnectionError


def verify(raw: str) -> dict:
    """Returns the claims. Raises KeysUnavailable, or another jwt.PyJWTError for a token that is not valid."""
    token = jwt.decode_complete(
        raw, keys.get_signing_key_from_jwt(raw), algorithms=["RS256"],
        issuer=ISSUER, audience=AUDIENCE, leeway=10, options={"require": ["iss", "aud", "exp"]},
    )
    if token["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    return token["payload"]


def challenge(parameters: str) -> str:
    """RFC 6750 §3, with the address at which the API is described (RFC 9728 §5.1)."""
    return f'Bearer {parameters}, resource_metadata="{METADATA}"'


def description() -> dict:
    return {
        "resource": AUDIENCE, "authorization_servers": [ISSUER],
        "scopes_supported": ["orders:read"], "bearer_methods_supported": ["header"],
    }
