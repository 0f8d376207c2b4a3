"""The guest of the book in Python: a call and a file."""

import wit_world
from componentize_py_types import Err
from wit_world.imports import funcs


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
        raise Err("see the page")
