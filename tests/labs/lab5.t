#!/usr/bin/env python3
# long: only
# needs: system second
"""Lab 5 whole: its solutions, seeds, planted bugs and forgeries (proof.py)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import proof  # noqa: E402

proof.main(["5"])
