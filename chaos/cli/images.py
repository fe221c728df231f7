"""Commands about the image of the docker runtime's nodes."""

from __future__ import annotations

import typer

from chaos.cli.panels import MACHINE
from chaos.cli.progress import print_result, report_progress

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make and list the image of the docker runtime's nodes. Example: halab images build.",
)


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="images", rich_help_panel=MACHINE)


@app.command("build")
def build_() -> None:
    """Build the image anew. Example: halab images build."""
    from lab.directories import state_home
    from lab.runtime.docker import connection, image_build, node_image

    with image_build.exclusive(state_home() / "node_image.lock"):
        image_build.build_image(connection.connect(), report_progress)
    print_result(node_image.tag())


@app.command("list")
def list_() -> None:
    """List the images that halab has made. Example: halab images list."""
    from lab.runtime.docker import connection, image_build, node_image

    images = image_build.listing(connection.connect())
    for image in images:
        name = (image["RepoTags"] or [image["Id"]])[0]
        current = image["Labels"][node_image.DEFINITION] == node_image.definition()
        used = "in use" if current else "of another version; `halab images build` removes it"
        origin, size_mib = image["Labels"][node_image.ORIGIN], image["Size"] // 2**20
        print_result(f"{name}  {size_mib} MiB  by {origin}  {used}")
    if not images:
        print_result(f"no image; `halab images build` makes {node_image.tag()}")
