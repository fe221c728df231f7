"""Commands about the images of nodes: those of the runtime docker, and those of kind."""

from __future__ import annotations

from typing import Annotated

import typer

from chaos.cli.completion import complete_driver
from chaos.cli.panels import MACHINE
from chaos.cli.progress import print_result, report_progress

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make the images of a runtime's nodes, list all. Example: halab images make kind.",
)
OTHER_VERSION = "of another version; it is removed when the one of this version is made"


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="images", rich_help_panel=MACHINE)


@app.command("make")
def make_(
    runtime: Annotated[
        str, typer.Argument(metavar="RUNTIME", autocompletion=complete_driver)
    ] = "docker",
) -> None:
    """Pull or make the images of a runtime that are missing. Example: halab images make kind."""
    from chaos.errors import InputError
    from lab.runtime.drivers import DRIVERS

    if runtime not in DRIVERS:
        raise InputError(f"{runtime}: there are {', '.join(DRIVERS)}")
    DRIVERS[runtime].prepare(report_progress)


@app.command("build")
def build_() -> None:
    """Build the image of docker's nodes anew. Example: halab images build."""
    from lab.directories import state_home
    from lab.runtime.docker import connection, image_build, node_image

    with image_build.exclusive(state_home() / "node_image.lock"):
        image_build.build_image(connection.connect(), report_progress)
    print_result(node_image.tag())


@app.command("list")
def list_() -> None:
    """List the images that halab has made. Example: halab images list."""
    from lab.runtime.docker import connection, made_images, node_image
    from lab.runtime.kind.image import definition

    # kind's first: of its images one is made of halab's own, and inherits that label
    definitions = {
        definition.DEFINITION: definition.definition(),
        node_image.DEFINITION: node_image.definition(),
    }
    client, listed = connection.connect(), set[str]()
    for label, current in definitions.items():
        for image in made_images.listing(client, label):
            if image["Id"] in listed:
                continue
            listed.add(image["Id"])
            name = (image["RepoTags"] or [image["Id"]])[0]
            used = "in use" if image["Labels"][label] == current else OTHER_VERSION
            origin, size_mib = image["Labels"][node_image.ORIGIN], image["Size"] // 2**20
            print_result(f"{name}  {size_mib} MiB  by {origin}  {used}")
    if not listed:
        print_result(f"no image; `halab images build` makes {node_image.tag()}")
