#!/usr/bin/env python3
# long: only
# needs: system
"""The recipe for a lab of one's own (labs/README.md): the small lab that was made by it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import proof  # noqa: E402

proof.main([os.path.join(os.path.dirname(os.path.abspath(__file__)), "9-pattern")])
