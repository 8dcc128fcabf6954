"""What each command of the command line does, on top of the rooms."""
