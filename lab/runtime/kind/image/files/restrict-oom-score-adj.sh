#!/bin/bash
# Where a container engine lacks CAP_SYS_RESOURCE, no pod can be given the OOM score that it asks
# for, and without this none would start. Bit 24 of the bounding set is that capability.
set -o errexit -o nounset -o pipefail
bounding="$(awk '/^CapBnd:/ { print $2 }' /proc/self/status)"
if (( (16#${bounding} >> 24 & 1) == 0 )); then
  sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' /etc/containerd/config.toml
fi
