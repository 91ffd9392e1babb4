"""``unetcolor train`` and ``unetcolor evaluate``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from unetcolor.cli.loading import load_colorizer, loading
from unetcolor.cli.options import AsJson, Overwrite, Saturation, Size
from unetcolor.cli.output import messages, new_table, print_json, readable_errors, results

if TYPE_CHECKING:
    from unetcolor import UNetColorizer

# Fine-tuning keeps most of what a network knows only if it moves in small steps.
_LEARNING_RATE, _FINE_LEARNING_RATE = 1e-3, 1e-4

_SCORES = {"delta_e": "CIEDE2000", "psnr": "PSNR", "ssim": "SSIM", "colorfulness": "colorfulness"}


def train(
    folder: Annotated[Path, typer.Argument(help="Photos in color: a folder with its subfolders, or an .npz file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Model file to write, .keras.")] = Path("model.keras"),
    space: Annotated[
        str | None,
        typer.Option("--space", "-s", help="Color space; 'unetcolor spaces' lists them.", show_default="lab"),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Go on from a preset or a model file instead: fine-tuning.", show_default=False),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", "-e", min=1)] = 50,
    batch_size: Annotated[int, typer.Option(min=1)] = 32,
    image_size: Annotated[
        int | None, typer.Option(min=8, help="Side in pixels that photos are cut to.", show_default="128")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="More photos in color, to report the loss on.", show_default=False)
    ] = None,
    validation_split: Annotated[float, typer.Option(help="Or the share of the photos to set aside for it.")] = 0.0,
    augment: Annotated[bool, typer.Option(help="Flip and crop photos at random, anew in each epoch.")] = True,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="Pretrained way down, efficientnet_lite0; or none, the classic U-Net.",
            show_default="efficientnet_lite0",
        ),
    ] = None,
    filters: Annotated[
        str | None, typer.Option(help="Filters of each stage, such as 16,32,64,128,256.", show_default=False)
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Of Adam.", show_default=f"{_LEARNING_RATE}, with --from {_FINE_LEARNING_RATE}")
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="A loss of Keras, such as mae; chroma_huber; for lab, delta_e99.",
            show_default="the color space's, or mae",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the weights, the order and the augmentation.", show_default="0")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a training that was stopped, exactly.")] = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train a colorizer on photos in color, of which it makes the gray ones itself.

    After each epoch the model file is written, and beside it a checkpoint, from which --resume goes on. With more
    --epochs it trains a finished model further.
    """
    with readable_errors(as_json, "the same command with --resume goes on after the last whole epoch"):
        checkpoint = output.with_suffix(".checkpoint.npz")
        _check_output(output, checkpoint, resume, overwrite)
        if learning_rate is not None and not learning_rate > 0:
            raise ValueError(f"--learning-rate must be above 0, not {learning_rate}")
        if resume and learning_rate is not None:
            raise ValueError("--learning-rate is part of the training that --resume goes on with: leave it out")
        if start is None:
            colorizer = _new_colorizer(space, image_size, seed, encoder, filters)
        else:
            network = {"space": space, "image-size": image_size, "seed": seed, "encoder": encoder, "filters": filters}
            colorizer = _started_colorizer(start, network)
        import keras

        output.absolute().parent.mkdir(parents=True, exist_ok=True)
        rate = learning_rate if learning_rate is not None else _FINE_LEARNING_RATE if start else _LEARNING_RATE
        with nullcontext() if resume else _set_aside(checkpoint):
            history = colorizer.fit(
                folder,
                validation_data=validation,
                validation_split=validation_split,
                epochs=epochs,
                batch_size=batch_size,
                augment=augment,
                optimizer=keras.optimizers.Adam(rate),
                callbacks=keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: colorizer.save(output)),
                checkpoint=checkpoint,
                # A bar is for a terminal; a log gets a line an epoch.
                verbose=0 if as_json else 1 if sys.stdout.isatty() else 2,
                **({} if loss is None else {"loss": _loss(loss)}),
            )
        # A finished training that was resumed has saved nothing.
        colorizer.save(output)
        if as_json:
            files = {"model": output, "checkpoint": checkpoint}
            print_json(files | {"training": colorizer.training, "history": history.history})
        else:
            epochs_done = colorizer.training["epochs"]
            plural = "" if epochs_done == 1 else "s"
            results.print(f"{escape(str(output))}: {epochs_done} epoch{plural}", soft_wrap=True)
            results.print(f"Try it: unetcolor colorize PHOTOS --model {escape(str(output))}", soft_wrap=True)


def evaluate(
    model: Annotated[str, typer.Argument(help="A model file, or the name of a preset.")],
    folder: Annotated[Path, typer.Argument(help="Photos in color: a folder with its subfolders, or an .npz file.")],
    saturation: Saturation = 1.0,
    size: Size = None,
    as_json: AsJson = False,
) -> None:
    """Score a colorizer on photos whose true colors are known, beside plain gray."""
    with readable_errors(as_json):
        colorizer = load_colorizer(model)
        with messages.status("Scoring the photos ..."):
            scores = colorizer.evaluate(folder, size=size, saturation=saturation, verbose=0)
        if as_json:
            print_json(scores)
            return
        table = new_table(f"{scores['pictures']:.0f} photos", escape(model), "plain gray")
        for name, title in _SCORES.items():
            table.add_row(title, f"{scores[name]:.3f}", f"{scores[f'gray_{name}']:.3f}")
        table.add_row("true colorfulness", f"{scores['true_colorfulness']:.3f}", "")
        table.add_row("better than gray", f"{100 * scores['better_than_gray']:.0f} %", "")
        results.print(table)


def _check_output(output: Path, checkpoint: Path, resume: bool, overwrite: bool) -> None:
    if output.suffix != ".keras":
        raise ValueError(f"the model file must end in .keras, not {output.name}")
    if resume:
        if not checkpoint.exists():
            raise ValueError(f"there is no {checkpoint} to go on from: leave out --resume to begin")
        return
    present = [path for path in (output, checkpoint) if path.exists()]
    if present and not overwrite:
        raise ValueError(
            f"{present[0]} is there already: --resume goes on with its training, --overwrite begins a new one, "
            "and --output names another file"
        )


@contextmanager
def _set_aside(checkpoint: Path) -> Iterator[None]:
    """Put the checkpoint of an earlier training back if the new one does not come as far as its own first one."""
    aside = checkpoint.with_name(f"{checkpoint.name}.old")
    if checkpoint.exists():
        checkpoint.replace(aside)
    try:
        yield
    finally:
        if checkpoint.exists():
            aside.unlink(missing_ok=True)
        elif aside.exists():
            aside.replace(checkpoint)


def _started_colorizer(start: str, network: dict[str, Any]) -> UNetColorizer:
    given = [f"--{name}" for name, value in network.items() if value is not None]
    if given:
        raise ValueError(f"{', '.join(given)}: what --from goes on with has these already; leave out one or the other")
    return load_colorizer(start, to_predict=False)


def _new_colorizer(
    space: str | None, image_size: int | None, seed: int | None, encoder: str | None, filters: str | None
) -> UNetColorizer:
    options: dict[str, Any] = {}
    if filters is not None:
        if not all(width.strip().isdecimal() for width in filters.split(",")):
            raise ValueError(f"filters must be whole numbers with commas between them, not {filters!r}")
        options["filters"] = [int(width) for width in filters.split(",")]
    if encoder != "none":
        # Colors at half the size cost half the time, and the eye sees no difference.
        options |= {"encoder": encoder or "efficientnet_lite0", "head_stride": 2}
    side = image_size or 128
    with loading("TensorFlow"):
        from unetcolor import UNetColorizer

        return UNetColorizer(space or "lab", image_size=(side, side), seed=seed or 0, **options)


def _loss(name: str) -> Any:
    from unetcolor.losses import get_loss

    return get_loss(name)
