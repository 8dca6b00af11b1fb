"""Handouts: a student's tree of some labs, the student's day in it, the defence of what was
written."""
