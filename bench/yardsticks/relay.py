"""The relay of the unified interface in FastAPI: an offer in, the provider's answer out, and nothing else."""

import os

import httpx
from fastapi import FastAPI, Request, Response

SESSION = '{"type":"realtime","model":"gpt-realtime","audio":{"output":{"voice":"marin"}}}'
app = FastAPI()
http = httpx.AsyncClient(trust_env=False)


@app.post("/session")
async def session(request: Request) -> Response:
    """Ask the provider for a call."""
    form = {"sdp": (None, await request.body(), "application/sdp"), "session": (None, SESSION, "application/json")}
    headers = {"Authorization": "Bearer sk-bench"}
    answer = await http.post(f"{os.environ['PROVIDER']}/realtime/calls", files=form, headers=headers)
    return Response(answer.content, media_type="application/sdp")
