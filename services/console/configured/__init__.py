"""What the operator states in files and pages need: who stands behind roles, which plans there are, which kinds of events may be supposed.

Parsing is pure; ``store`` opens the files, anew for each request, so that a changed file shows at once.
"""
