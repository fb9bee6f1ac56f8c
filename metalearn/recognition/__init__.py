"""Recognition: naming new drawings, given a few of each class.

naming   predict: adapt to your classes, and name new drawings
unknown  KnownLimit: how far a drawing may lie from all classes before it is none of them
"""
