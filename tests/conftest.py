"""Its presence puts this folder on the path: tests import `toy_study` and `synthetic_evidence` from here."""
