//! `vqz_decoder_options`: what decoders do otherwise than by default.

use std::mem::offset_of;

use codec::{Decoder, Limits, Models};

use crate::arguments;
use crate::handles::{vqz_cancel, vqz_model, vqz_rendering};
use crate::status::Failure;

/// `vqz_decoder_options` of vqz.h.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct vqz_decoder_options {
    struct_size: usize,
    threads: u32,
    max_side: u32,
    max_pixels: u64,
    max_expansion: u64,
    max_metadata: u64,
    model: *const vqz_model,
    cancel: *const vqz_cancel,
    rendering: *const vqz_rendering,
}

// SAFETY: numbers and raw pointers in C's layout, the size first.
unsafe impl arguments::Structure for vqz_decoder_options {
    const NAME: &'static str = "vqz_decoder_options";
    const OLDER: &'static [usize] = &[offset_of!(Self, rendering)];
}

impl vqz_decoder_options {
    /// # Safety
    /// `model`, `cancel` and `rendering` are null or valid.
    pub(super) unsafe fn decoder(&self) -> Result<Decoder, Failure> {
        let mut limits = Limits::default();
        if self.max_side != 0 {
            limits.max_side = self.max_side;
        }
        for (limit, wanted) in [
            (&mut limits.max_pixels, self.max_pixels),
            (&mut limits.max_expansion, self.max_expansion),
            (&mut limits.max_metadata, self.max_metadata),
        ] {
            if wanted != 0 {
                *limit = wanted;
            }
        }
        let mut models = Models::default();
        // SAFETY: null or valid, by the caller's promise; only shared references to it are ever made.
        if let Some(model) = unsafe { self.model.as_ref() } {
            models = models.with(&model.0);
        }
        // SAFETY: as above.
        if let Some(rendering) = unsafe { self.rendering.as_ref() } {
            models = models.with_rendering(&rendering.0);
        }
        let threads = arguments::threads(self.threads)?;
        let mut decoder = Decoder::with_models(models)
            .limits(limits)
            .threads(threads)?;
        // SAFETY: as above.
        if let Some(cancel) = unsafe { self.cancel.as_ref() } {
            decoder = decoder.cancel(&cancel.0);
        }
        Ok(decoder)
    }
}
