"""The components of a lab, one file each; `lab_plan` joins them into a plan."""
