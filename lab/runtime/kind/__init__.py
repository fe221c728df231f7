"""Labs that are clusters of kind: kubeadm's own, found and not planned."""
