"""The tolerance table, measured: every size, every number of failed members, leader or not."""
