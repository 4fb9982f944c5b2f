"""The option by which detectors are chosen."""

import click

detectors_option = click.option(
    "--detectors",
    default="",
    metavar="A,B",
    help="检测器 Names, comma between; default: the standard bank and the ensemble.",
)
