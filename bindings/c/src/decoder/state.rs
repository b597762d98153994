//! What a decoder knows of its file.

use std::ffi::CString;

use codec::{Picture, Progress, PushDecoder};

use crate::arguments;
use crate::entry::c_text;
use crate::status::{Failure, NEEDS_MODEL, NEED_MORE, OK};

/// `vqz_info` of vqz.h.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct vqz_info {
    struct_size: usize,
    width: u32,
    height: u32,
    format: u32,
    has_alpha: u32,
    layers: u32,
    layers_arrived: u32,
    orientation: u32,
    finished: u32,
    quality: f64,
    icc_bytes: u64,
    exif_bytes: u64,
    xmp_bytes: u64,
    model: [u8; 8],
}

// SAFETY: numbers in C's layout, the size first.
unsafe impl arguments::Structure for vqz_info {
    const NAME: &'static str = "vqz_info";
}

#[derive(Debug)]
pub(crate) struct State {
    pub(super) push: PushDecoder,
    /// The whole file has arrived.
    pub(super) whole: bool,
    /// No more bytes are allowed.
    pub(super) ended: bool,
    /// An error of the file, which stays.
    pub(super) failed: Option<Failure>,
    /// Of the last call.
    pub(super) text: CString,
    /// Digest of a missing model.
    pub(super) model: Option<CString>,
    /// What the caller has pointers to.
    pub(super) metadata: [Option<Box<[u8]>>; 3],
}

impl State {
    /// Before any byte.
    pub(super) fn new(push: PushDecoder) -> Self {
        Self {
            push,
            whole: false,
            ended: false,
            failed: None,
            text: CString::default(),
            model: None,
            metadata: [None, None, None],
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(u32, usize), Failure> {
        self.check()?;
        if self.ended {
            return Err(Failure::argument("bytes after vqz_decoder_finish"));
        }
        match self.push.push(bytes) {
            Ok(Progress::Finished) => {
                self.whole = true;
                Ok((OK, 0))
            }
            Ok(Progress::NeedMore(needed)) => Ok((NEED_MORE, needed)),
            Err(error) => {
                let failure = Failure::from(error);
                self.model = failure.model.clone().map(c_text);
                self.failed = Some(failure.clone());
                Err(failure)
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// `None` before the header is there.
    pub(super) fn picture(&self) -> Result<Option<Picture<'_>>, Failure> {
        self.check()?;
        Ok(self.push.picture()?)
    }

    /// As [`Self::check`], for what can be told without the model.
    fn check_told(&self) -> Result<(), Failure> {
        match &self.failed {
            Some(failure) if failure.status != NEEDS_MODEL => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// Keeps the metadata that have arrived since the last time.
    pub(super) fn keep_metadata(&mut self) -> Result<bool, Failure> {
        self.check_told()?;
        if self.push.header().is_none() {
            return Ok(false);
        }
        let all = self.push.metadata();
        for (kept, new) in self.metadata.iter_mut().zip([all.icc, all.exif, all.xmp]) {
            // The caller may have a pointer to the older one, which is the same.
            if kept.is_none() {
                *kept = new.map(Vec::into_boxed_slice);
            }
        }
        Ok(true)
    }

    pub(super) fn info(&mut self) -> Result<Option<vqz_info>, Failure> {
        if !self.keep_metadata()? {
            return Ok(None);
        }
        let bytes = |kind: usize| self.metadata[kind].as_ref().map_or(0, |b| b.len() as u64);
        let exif = self.metadata[1].as_deref();
        let Some(header) = self.push.header() else {
            return Ok(None);
        };
        // Without its model, there is nothing to be decoded of what has arrived.
        let layers_arrived = match self.failed {
            None => self.push.layers() as u32,
            Some(_) => 0,
        };
        Ok(Some(vqz_info {
            struct_size: size_of::<vqz_info>(),
            width: header.width(),
            height: header.height(),
            format: arguments::format_number(header.format())?,
            has_alpha: header.has_alpha().into(),
            layers: header.layers().into(),
            layers_arrived,
            orientation: exif.map_or(1, crate::exif::orientation),
            finished: self.whole.into(),
            quality: header.quality().into(),
            icc_bytes: bytes(0),
            exif_bytes: bytes(1),
            xmp_bytes: bytes(2),
            model: header.model(),
        }))
    }
}
