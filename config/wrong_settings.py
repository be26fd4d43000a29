"""What is wrong with the settings, in one sentence that says what is legal and repeats no secret."""

import difflib
from collections.abc import Iterable, Mapping

from pydantic import AliasChoices, ValidationError
from pydantic.fields import FieldInfo

from config.env_file import PREFIX
from config.errors import UserError
from config.redaction import mask_secrets

Fields = Mapping[str, FieldInfo]


def variable_of(name: str, info: FieldInfo) -> str:
    """The environment variable of a field."""
    alias = info.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"{PREFIX}{name.upper()}"


def refuse_unknown(given: Iterable[str], fields: Fields) -> None:
    """Raises UserError on a variable that bears our prefix and is no setting."""
    known = {variable_of(name, info) for name, info in fields.items()} | {f"{PREFIX}ENV_FILE"}
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in known:
            bare = {each.removeprefix(PREFIX): each for each in known}
            near = difflib.get_close_matches(name.removeprefix(PREFIX), bare, n=1)
            hint = f"did you mean {bare[near[0]]}?" if near else "see .env.example for those there are."
            raise UserError(f"{name} is not a setting; {hint}")


def sentence(error: ValidationError, fields: Fields) -> str:
    """The first of the errors."""
    first = error.errors(include_url=False, include_context=False)[0]
    if not first["loc"]:
        return str(first["msg"]).removeprefix("Value error, ")
    given = str(first["loc"][0])
    name = next((each for each, info in fields.items() if given in (each, variable_of(each, info))), given)
    info = fields[name]
    legal = info.json_schema_extra["legal"] if isinstance(info.json_schema_extra, dict) else "legal"
    secret = "Secret" in str(info.annotation)
    shown = "not legal" if secret else repr(mask_secrets(str(first["input"])))
    return f"{variable_of(name, info)} is {shown}; it must be {legal}."
