"""The guest of the book in Python: a call, a file, a request."""

import asyncio

import poll_loop
import wit_world
from componentize_py_types import Err
from poll_loop import PollLoop, Stream
from wit_world.imports import funcs
from wit_world.imports.types import Fields, OutgoingRequest, Scheme_Http


class WitWorld(wit_world.WitWorld):
    def ask(self, target: str, text: str) -> str:
        # An `err` is raised as `Err`, which passes on as ours.
        return funcs.call_string(target, text)

    def read_file(self, path: str) -> str:
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except OSError as error:
            raise Err(str(error)) from error

    def fetch(self, authority: str, path: str) -> str:
        loop = PollLoop()
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(get(authority, path))
        except Err as error:
            # Its value is an `error-code` of `wasi:http`; our `err` is a text.
            raise Err(str(error.value)) from error


async def get(authority: str, path: str) -> str:
    request = OutgoingRequest(Fields())
    request.set_scheme(Scheme_Http())
    request.set_authority(authority)
    request.set_path_with_query(path)
    response = await poll_loop.send(request)
    stream = Stream(response.consume())
    body = b""
    while (chunk := await stream.next()) is not None:
        body += chunk
    return body.decode()
