"""Recognition: naming new drawings, given a few of each class.

export   export_onnx: the adapted network as one file that needs no PyTorch
naming   predict: adapt to your classes, and name new drawings
unknown  KnownLimit: how far a drawing may lie from all classes before it is none of them
"""
