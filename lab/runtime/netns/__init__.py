"""Network namespaces: containers without a daemon, as root or as an ordinary user."""
