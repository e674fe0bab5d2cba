"""The naive way, for comparison: one commit per event with the standard library's sqlite3, httpx.AsyncClient, one jmespath per route.

It keeps the same promise (202 after a FULL commit, delivery recorded) with the tools that come to hand first.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import jmespath
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def application(config: dict[str, Any], database: str) -> Starlette:
    """Return the app: POST /events stores, matches, and delivers in the background."""
    connection = sqlite3.connect(database)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE delivery (id INTEGER PRIMARY KEY, url TEXT, body TEXT, state TEXT);"
    )
    routes = [
        (jmespath.compile(route["filter"]), config["endpoints"][route["targets"][0]]["url"])
        for route in config["routes"].values()
    ]
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=16, max_keepalive_connections=16))
    tasks: set[asyncio.Task[None]] = set()

    async def deliver(number: int, url: str, body: str) -> None:
        stamp = int(time.time())
        digest = hmac.new(key, f"{number}.{stamp}.{body}".encode(), hashlib.sha256).digest()
        headers = {
            "webhook-id": str(number),
            "webhook-timestamp": str(stamp),
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }
        answer = await client.post(url, content=body, headers=headers, timeout=60)
        connection.execute(
            "UPDATE delivery SET state = ? WHERE id = ?", ("delivered" if answer.is_success else "failed", number)
        )
        connection.commit()

    async def accept(request: Request) -> JSONResponse:
        data = json.loads(await request.body())
        event = {"type": request.headers["ce-type"], "data": data}
        made = []
        for expression, url in routes:
            if expression.search(event):
                body = json.dumps(data)
                cursor = connection.execute(
                    "INSERT INTO delivery (url, body, state) VALUES (?, ?, 'pending')", (url, body)
                )
                made.append((cursor.lastrowid, url, body))
        connection.commit()
        for number, url, body in made:
            task = asyncio.create_task(deliver(number, url, body))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        return JSONResponse({"deliveries": len(made)}, status_code=202)

    return Starlette(routes=[Route("/events", accept, methods=["POST"])])


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        configuration = yaml.safe_load(file)
    uvicorn.run(application(configuration, sys.argv[2]), port=int(sys.argv[3]), log_level="error", access_log=False)
