//! What creamc needs from libtorch beyond `tch`.
