"""kind's node image and its balancer: the published ones, or ours where no registry answers."""
