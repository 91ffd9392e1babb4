"""``unetcolor train``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unetcolor.cli._completion import names_of_spaces
from unetcolor.cli._loading import load_colorizer, loading
from unetcolor.cli._options import AsJson, ColorPhotos, Overwrite
from unetcolor.cli._output import print_json, print_line, readable_errors
from unetcolor.errors import counted
from unetcolor.models.presets import list_presets

if TYPE_CHECKING:
    from unetcolor import UNetColorizer

# Fine-tuning keeps most of what a network knows only if it moves in small steps.
_LEARNING_RATE, _FINE_LEARNING_RATE = 1e-3, 1e-4

# Fewer teach nothing that could be of use for other photos.
_LEAST_PHOTOS = 10


def train(
    folder: ColorPhotos,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Model file to write; its name ends in .keras.")
    ] = Path("model.keras"),
    space: Annotated[
        str | None,
        typer.Option(
            "--space",
            "-s",
            help="Color space; 'unetcolor spaces' lists them.",
            show_default="lab",
            autocompletion=names_of_spaces,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Preset or model file (.keras) to fine-tune instead of a new network.",
            show_default=False,
            autocompletion=list_presets,
        ),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", "-e", min=1, help="Number of passes over the photos.")] = 50,
    batch_size: Annotated[int, typer.Option(min=1, help="Number of photos in each step of training.")] = 32,
    image_size: Annotated[
        int | None,
        typer.Option(min=8, help="Side in pixels of the squares that photos are cropped to.", show_default="128"),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(help="Color photos that are not trained on, to report the loss on.", show_default=False),
    ] = None,
    validation_split: Annotated[
        float, typer.Option(help="Share of the photos to set aside for validation, from 0 to 1.")
    ] = 0.0,
    validate_colors: Annotated[
        bool,
        typer.Option("--validate-colors", help="Also report CIEDE2000 of the validation photos and of plain gray."),
    ] = False,
    by_source: Annotated[
        bool,
        typer.Option(
            "--by-source", help="Draw photos from each folder within the folder by the square root of their number."
        ),
    ] = False,
    augment: Annotated[bool, typer.Option(help="Flip and crop photos at random, differently in each epoch.")] = True,
    ageing: Annotated[
        bool, typer.Option("--ageing", help="Change contrast at random, blur some photos and add noise to some.")
    ] = False,
    hints: Annotated[
        bool,
        typer.Option("--hints", help="Also learn to follow colors that a user knows; the photos give them."),
    ] = False,
    sizes: Annotated[
        str | None,
        typer.Option(
            help="Epochs and sides of the crops in turn, such as 22x96,28x128: 22 epochs of 96 pixels, then 28 of 128.",
            show_default=False,
        ),
    ] = None,
    average: Annotated[
        float | None,
        typer.Option(help="Weight of the earlier epochs in a running average of the network's weights, such as 0.6."),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="Pretrained encoder of the U-Net, efficientnet_lite0; or none, for the classic U-Net.",
            show_default="efficientnet_lite0",
        ),
    ] = None,
    filters: Annotated[
        str | None,
        typer.Option(help="Filters of each stage of the U-Net, such as 16,32,64,128,256.", show_default=False),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            help="Learning rate of the Adam optimizer.",
            show_default=f"{_LEARNING_RATE}, with --from {_FINE_LEARNING_RATE}",
        ),
    ] = None,
    warmup: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Steps in which the learning rate rises; it then falls along a cosine to the end of the training.",
            show_default="a constant rate",
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="Loss: chroma_huber, delta_e99 (for lab only), or one of Keras, such as mae.",
            show_default="the color space's, or mae",
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            help="How several processes share each batch: multiworker, for those that TF_CONFIG names, each started "
            "with the same command; or mirrored, for the one device of this machine.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="Seed of the first weights, the order of the photos and the augmentation.", show_default="0"
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a training that was stopped, exactly where it was.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train a colorizer on color photos; the network learns from gray copies of them.

    After each epoch, the command writes the model file and, next to it, a checkpoint from which --resume continues.
    To train a finished model further, use --resume with more --epochs.
    """
    with readable_errors(as_json, "the same command with --resume continues after the last complete epoch"):
        checkpoint = output.with_suffix(".checkpoint.npz")
        _check_output(output, checkpoint, resume, overwrite)
        if learning_rate is not None and not learning_rate > 0:
            raise ValueError(f"--learning-rate must be above 0, not {learning_rate}")
        if start is None:
            colorizer = _new_colorizer(space, image_size, seed, encoder, filters, hints)
        else:
            network = {"space": space, "image-size": image_size, "seed": seed, "encoder": encoder, "filters": filters}
            network["hints"] = hints or None
            colorizer = _started_colorizer(start, network)
        import keras

        from unetcolor.losses import get_loss
        from unetcolor.training import Cosine, Sources
        from unetcolor.training.pictures import open_pictures

        if loss is not None:
            # For its error, before all photos are looked at.
            get_loss(loss)
        photos = open_pictures(Sources.in_folder(folder) if by_source else folder, verbose=not as_json)
        if len(photos) < _LEAST_PHOTOS:
            raise ValueError(
                f"{folder} holds {counted(len(photos), 'photo')} in color; a training needs {_LEAST_PHOTOS} at least, "
                "and some hundreds to be of use: add color photos of the same kind"
            )
        output.absolute().parent.mkdir(parents=True, exist_ok=True)
        rate = learning_rate if learning_rate is not None else _FINE_LEARNING_RATE if start else _LEARNING_RATE
        chosen: dict[str, Any] = {} if loss is None else {"loss": loss}
        with nullcontext() if resume else _set_aside(checkpoint):
            history = colorizer.fit(
                photos,
                validation_data=validation,
                validation_split=validation_split,
                validate_colors=validate_colors,
                epochs=epochs,
                batch_size=batch_size,
                augment=augment,
                ageing=ageing,
                sizes=None if sizes is None else _sizes(sizes),
                average=average,
                learning_rate=rate if warmup is None else Cosine(rate, warmup=warmup),
                optimizer="adam",
                callbacks=keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: colorizer.save(output)),
                checkpoint=checkpoint,
                strategy=strategy,
                # A bar is for a terminal; a log gets a line an epoch.
                verbose=0 if as_json else 1 if sys.stdout.isatty() else 2,
                **chosen,
            )
        # A finished training that was resumed has saved nothing.
        colorizer.save(output)
        if as_json:
            files = {"model": output, "checkpoint": checkpoint}
            print_json(files | {"training": colorizer.training, "history": history.history})
        else:
            print_line(f"{output}: {counted(colorizer.training['epochs'], 'epoch')}")
            print_line(f"Try it: unetcolor colorize PHOTOS --model {output}")


def _sizes(text: str) -> list[tuple[int, int]]:
    pairs = [part.strip().split("x") for part in text.split(",")]
    if not all(len(pair) == 2 and all(number.isdecimal() for number in pair) for pair in pairs):
        raise ValueError(f"--sizes must be numbers of epochs and sides, such as 22x96,28x128, not {text!r}")
    return [(int(epochs), int(side)) for epochs, side in pairs]


def _check_output(output: Path, checkpoint: Path, resume: bool, overwrite: bool) -> None:
    if output.suffix != ".keras":
        raise ValueError(f"the model file must end in .keras, not {output.name}")
    if resume:
        if not checkpoint.exists():
            raise ValueError(f"there is no checkpoint {checkpoint} to continue from: leave out --resume to begin")
        return
    present = [path for path in (output, checkpoint) if path.exists()]
    if present and not overwrite:
        raise ValueError(
            f"{present[0]} exists already: use --resume to continue its training, --overwrite to begin a new one, "
            "or --output to write another file"
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
        raise ValueError(
            f"{', '.join(given)} cannot be used with --from, whose network has them already: leave out either"
        )
    return load_colorizer(start, to_predict=False)


def _new_colorizer(
    space: str | None,
    image_size: int | None,
    seed: int | None,
    encoder: str | None,
    filters: str | None,
    hints: bool,
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

        return UNetColorizer(space or "lab", image_size=(side, side), seed=seed or 0, hints=hints, **options)
