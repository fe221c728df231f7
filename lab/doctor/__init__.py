"""What this machine has and lacks: each check a row, each file of `checks` a group of them."""
