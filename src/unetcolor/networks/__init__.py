"""Networks: Keras models, which know no color and no files."""
