#!/bin/sh
# Imports archives of images by a containerd that lives as long as this does.
# $1: containerd, $2: ctr, $3: a folder with its containerd.toml; the rest: archives.
set -e
containerd="$1" ctr="$2" scratch="$3"
shift 3
"$containerd" --config "$scratch/containerd.toml" >"$scratch/log" 2>&1 &
end() {
  code=$?
  [ "$code" = 0 ] || tail -n 8 "$scratch/log"
  kill "$!" && wait "$!" || :
  exit "$code"
}
trap end EXIT
for tenth in $(seq 600); do [ -S "$scratch/c.sock" ] && break; kill -0 "$!"; sleep 0.1; done
for archive; do
  "$ctr" --address "$scratch/c.sock" --namespace k8s.io images import --all-platforms \
    --no-unpack --digests --label=io.cri-containerd.pinned=pinned "$archive" \
    >>"$scratch/log" 2>&1
done
