"""Snapshots of a running connector: asked for by whichever signal channel it has, followed by what it tells.

`channel` decides, `send` sends; `look` gathers what can be seen, `standing` says what it means.
"""
