"""Reading our own services' commands out of ``docker-compose.yml``, so that tests run the very ones it lists."""

from pathlib import Path
from typing import Final, cast

import yaml

COMPOSE_FILE: Final = Path(__file__).resolve().parent.parent / "docker-compose.yml"
OWN_IMAGES: Final = "tallystick-"
"""Our images' names: this, and the role."""


def load(path: Path = COMPOSE_FILE) -> dict[str, object]:
    """The compose file's document, YAML anchors and merges resolved."""
    return cast("dict[str, object]", yaml.safe_load(path.read_text(encoding="utf-8")))


def own_commands(path: Path = COMPOSE_FILE) -> dict[str, tuple[str, ...]]:
    """Service name → argument vector, for every service that runs an image of ours, in the file's order.

    Paths in it are the container's: a test that runs ``tally node run --state /state`` replaces ``/state``.
    """
    services = cast("dict[str, dict[str, object]]", load(path)["services"])
    return {
        name: tuple(cast("list[str]", service["command"]))
        for name, service in services.items()
        if str(service["image"]).startswith(OWN_IMAGES)
    }


def own_environment(service: str, path: Path = COMPOSE_FILE) -> dict[str, str]:
    """The settings that ``service`` gets, as the compose file writes them."""
    services = cast("dict[str, dict[str, object]]", load(path)["services"])
    return dict(cast("dict[str, str]", services[service].get("environment", {})))
