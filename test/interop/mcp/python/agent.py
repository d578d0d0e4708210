"""An agent in Python that does what agent.mjs beside it does."""

import asyncio
import os
import sys
from urllib.parse import parse_qs, urlparse

import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata

SERVER, BACK = os.environ["SERVER"], os.environ["BACK"]


class Kept:
    """What an agent stores between runs."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def goes_to(address):
    print(address, flush=True)


async def comes_back():
    line = await asyncio.to_thread(sys.stdin.readline)
    answer = parse_qs(urlparse(line.strip()).query)
    return AuthorizationCodeResult(**{name: answer[name][0] for name in ("code", "state", "iss") if name in answer})


async def main():
    kept = Kept()
    if client_id := os.environ.get("CLIENT_ID"):
        kept.client = OAuthClientInformationFull(
            client_id=client_id,
            client_secret=os.environ["CLIENT_SECRET"],
            token_endpoint_auth_method="client_secret_basic",
            redirect_uris=[BACK],
        )
    provider = OAuthClientProvider(
        server_url=SERVER,
        client_metadata=OAuthClientMetadata(client_name="Agent in Python", redirect_uris=[BACK], token_endpoint_auth_method="none"),
        storage=kept,
        redirect_handler=goes_to,
        callback_handler=comes_back,
        client_metadata_url=os.environ.get("DOCUMENT"),
    )
    async with httpx2.AsyncClient(auth=provider) as http:
        async with Client(streamable_http_client(SERVER, http_client=http)) as client:
            for name in os.environ["TOOLS"].split(" "):
                result = await client.call_tool(name, {})
                print(result.content[0].text, flush=True)


asyncio.run(main())
