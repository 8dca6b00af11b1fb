"""The host's half of Fathom: start a machine, talk to its host port, judge how it
ended."""
