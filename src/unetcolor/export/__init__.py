"""Export: colorizers as files that other programs run, without Keras and without unetcolor."""
