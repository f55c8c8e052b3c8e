"""`predictions.csv`: the deliverable where the test set has no labels."""

import csv
import io
from pathlib import Path

from hw4.foundation.names import spreadsheet
from hw4.foundation.places import output_folder
from hw4.foundation.store import write_bytes
from hw4.windows.result import Result

NAME = "predictions.csv"


def predictions_file() -> Path:
    """Where the predictions are written."""
    return output_folder() / NAME


def write_predictions(result: Result) -> Path | None:
    """Write `filename,predicted_label`, one line a photograph, unless the test set has labels.

    A file that an earlier build left for other data is taken away.

    Returns:
        Where it was written.
    """
    if not result.predictions:
        predictions_file().unlink(missing_ok=True)
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["filename", "predicted_label"])
    writer.writerows(
        [spreadsheet(it.filename), spreadsheet(it.predicted_label)] for it in result.predictions
    )
    content = text.getvalue().encode("utf-8")
    file = predictions_file()
    if not file.is_file() or file.read_bytes() != content:
        write_bytes(file, content)
    return file
