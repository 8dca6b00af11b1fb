"""Write a generated file only if its text changes: make sees no news where there is none."""
import os


def write(path, text):
    """Make path have this text; its date stays if it had it."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as old:
            if old.read() == text:
                return
    with open(path, "w", encoding="utf-8") as new:
        new.write(text)
