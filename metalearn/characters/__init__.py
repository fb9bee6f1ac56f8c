"""Characters: drawings of many characters, and where they come from.

character_set                   CharacterSet: all drawings as one array; the image size
splits                          Split, split: what may be trained, tuned and tested on
load                            load_characters: the only file that knows all sources
omniglot, image_folder, glyphs  the sources: Omniglot, your own images, invented scripts
uploads, strokes                what a visitor draws or uploads
collection                      images from a folder or an archive, by class, and what was left out
image_files, layouts            which files there are, and which class each belongs to
images, ink                     from an image file to a drawing
cache, png                      keeping arrays, showing drawings
"""
