#!/usr/bin/env python3
# long: only
# needs: system
"""Lab 7 whole: its solutions, seeds, planted bugs and forgeries (proof.py)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import proof  # noqa: E402

proof.main(["7"])
