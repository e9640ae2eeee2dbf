"""The napari plugin: reader, sample data, panels. The only folder that knows Qt and napari."""
