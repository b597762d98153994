//! Integer tensors and the kernels that run networks on them.
