"""The image of the proxies on nodes: nginx with streams, out of the image of halab's own nodes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from lab.runtime.docker import image_build, node_image
from lab.runtime.kind.image import definition

if TYPE_CHECKING:
    from pathlib import Path

    import docker

STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"
PROGRAMS = f"/usr/sbin/nginx {STREAM_MODULE}"
# Started as the image library/nginx is, with streams built in and its log where engines read it.
DOCKERFILE = f"""\
FROM {node_image.tag()} AS node
LABEL {definition.DEFINITION}=stage
RUN mkdir -p /out/etc /out/run /out/tmp /out/etc/nginx /out/var/log/nginx /out/var/lib/nginx \\
 && ldd {PROGRAMS} | grep -o '/[^ ]*' | grep -v ':$' | sort -u \\
  | xargs cp --parents --dereference --target-directory /out {PROGRAMS} \\
 && cp /etc/nginx/mime.types /out/etc/nginx/ \\
 && grep -E '^(root|nobody|www-data):' /etc/passwd > /out/etc/passwd \\
 && grep -E '^(root|nogroup|www-data):' /etc/group > /out/etc/group \\
 && ln -s /dev/stdout /out/var/log/nginx/access.log \\
 && ln -s /dev/stderr /out/var/log/nginx/error.log
FROM scratch
COPY --from=node /out /
STOPSIGNAL SIGQUIT
ENTRYPOINT ["nginx", "-g", "daemon off; load_module {STREAM_MODULE};"]
"""


def save(client: docker.APIClient, target: Path) -> None:
    """Make the image and write it into an archive. Raises DockerException and OSError."""
    steps = client.build(
        fileobj=io.BytesIO(DOCKERFILE.encode()),
        tag=definition.NGINX_IMAGE,
        labels=definition.image_labels(node_image.REPOSITORY),
        rm=True,
        forcerm=True,
        decode=True,
    )
    image_build.follow(steps, lambda _: None)
    with target.open("wb") as out:
        for piece in client.get_image(definition.NGINX_IMAGE):
            out.write(piece)
