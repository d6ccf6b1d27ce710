"""`tailrace completion`: what a shell runs to complete commands, options and names of connectors."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tailrace.cli import COMPLETE_VARIABLE


@click.command(epilog='Example: eval "$(tailrace completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL. Names of connectors are asked of the worker (TAILRACE_URL) as you type.

    \b
    bash   eval "$(tailrace completion bash)"            in ~/.bashrc
    zsh    eval "$(tailrace completion zsh)"             in ~/.zshrc
    fish   tailrace completion fish | source             in ~/.config/fish/config.fish
    """  # noqa: D301 -- \b is a character that click reads: leave these lines as they are
    found = get_completion_class(shell)
    assert found is not None
    root = click.get_current_context().find_root().command
    click.echo(found(root, {}, "tailrace", COMPLETE_VARIABLE).source())
