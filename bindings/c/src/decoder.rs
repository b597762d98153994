//! `vqz_decoder`: one file as it arrives, and its pixels.

use std::ffi::{c_char, c_int, c_void, CString};
use std::sync::{Mutex, TryLockError};

use codec::{Decoder, Limits, Models, Picture, Progress, PushDecoder, Rows};

use crate::arguments::{self, bytes, bytes_mut, optional, place, structure, vqz_view};
use crate::entry::{c_text, guard, guard_free};
use crate::handles::{vqz_cancel, vqz_model};
use crate::status::{Failure, DAMAGED, NEEDS_MODEL, NEED_MORE, OK};

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
}

// SAFETY: numbers and raw pointers in C's layout, the size first.
unsafe impl arguments::Structure for vqz_decoder_options {
    const NAME: &'static str = "vqz_decoder_options";
}

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

/// `vqz_rows_function` of vqz.h, or null.
pub type RowsFunction =
    Option<unsafe extern "C" fn(*mut c_void, u32, u32, *const u8, usize) -> c_int>;

/// See vqz.h. The lock is only ever tried: it tells misuse by two threads, or from within a function of the caller's, and it is poisoned by a
/// panic.
#[derive(Debug)]
pub struct vqz_decoder(pub(crate) Mutex<State>);

#[derive(Debug)]
pub(crate) struct State {
    push: PushDecoder,
    /// The whole file has arrived.
    whole: bool,
    /// No more bytes are allowed.
    ended: bool,
    /// An error of the file, which stays.
    failed: Option<Failure>,
    /// Of the last call.
    text: CString,
    /// Digest of a missing model.
    model: Option<CString>,
    /// What the caller has pointers to.
    metadata: [Option<Box<[u8]>>; 3],
}

impl State {
    fn push(&mut self, bytes: &[u8]) -> Result<(u32, usize), Failure> {
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

    fn check(&self) -> Result<(), Failure> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// `None` before the header is there.
    fn picture(&self) -> Result<Option<Picture<'_>>, Failure> {
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
    fn keep_metadata(&mut self) -> Result<bool, Failure> {
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

    fn info(&mut self) -> Result<Option<vqz_info>, Failure> {
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

/// Runs `call` on a decoder that is valid, not in use, and has not panicked; keeps the text of its error there.
///
/// # Safety
/// `decoder` is null, or from [`vqz_decoder_new`] and not freed before this call returns.
pub(crate) unsafe fn with(
    decoder: *const vqz_decoder,
    call: impl FnOnce(&mut State) -> Result<u32, Failure>,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise. Only shared references to it are ever made.
        let decoder = unsafe { decoder.as_ref() };
        let decoder = decoder.ok_or_else(|| Failure::argument("decoder is null"))?;
        let mut state = match decoder.0.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock) => return Err(Failure::argument(
                "the decoder is in use, by another thread or by the call that this one comes from",
            )),
            Err(TryLockError::Poisoned(_)) => return Err(Failure::internal(PANICKED)),
        };
        let result = call(&mut state);
        state.text = match &result {
            Ok(_) => CString::default(),
            Err(failure) => c_text(failure.text.clone()),
        };
        result
    })
}

const PANICKED: &str = "libvqz panicked in an earlier call with this decoder";

/// See vqz.h.
///
/// # Safety
/// What is not null is valid: a structure of the size that it says, with pointers that are valid; a place for a pointer.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_new(
    options: *const vqz_decoder_options,
    decoder: *mut *mut vqz_decoder,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let place = unsafe { place("decoder", decoder) }?;
        *place = std::ptr::null_mut();
        let mut made = Decoder::default();
        // SAFETY: the caller's promise.
        if let Some(options) = unsafe { optional(options) }? {
            // SAFETY: the caller's promise.
            made = unsafe { configured(&options) }?;
        }
        *place = Box::into_raw(Box::new(vqz_decoder(Mutex::new(State {
            push: made.push(),
            whole: false,
            ended: false,
            failed: None,
            text: CString::default(),
            model: None,
            metadata: [None, None, None],
        }))));
        Ok(OK)
    })
}

/// # Safety
/// `model` and `cancel` are null or valid.
unsafe fn configured(options: &vqz_decoder_options) -> Result<Decoder, Failure> {
    let mut limits = Limits::default();
    if options.max_side != 0 {
        limits.max_side = options.max_side;
    }
    for (limit, wanted) in [
        (&mut limits.max_pixels, options.max_pixels),
        (&mut limits.max_expansion, options.max_expansion),
        (&mut limits.max_metadata, options.max_metadata),
    ] {
        if wanted != 0 {
            *limit = wanted;
        }
    }
    let mut models = Models::default();
    // SAFETY: null or valid, by the caller's promise; only shared references to it are ever made.
    if let Some(model) = unsafe { options.model.as_ref() } {
        models = models.with(&model.0);
    }
    let threads = arguments::threads(options.threads)?;
    let mut decoder = Decoder::with_models(models)
        .limits(limits)
        .threads(threads)?;
    // SAFETY: as above.
    if let Some(cancel) = unsafe { options.cancel.as_ref() } {
        decoder = decoder.cancel(&cancel.0);
    }
    Ok(decoder)
}

/// See vqz.h.
///
/// # Safety
/// `decoder` is from [`vqz_decoder_new`], not freed yet and not in use; or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_free(decoder: *mut vqz_decoder) {
    guard_free(|| {
        if !decoder.is_null() {
            // SAFETY: it was made by Box::into_raw, and by the caller's promise it is freed once.
            drop(unsafe { Box::from_raw(decoder) });
        }
    });
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid; `data` has `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_push(
    decoder: *mut vqz_decoder,
    data: *const c_void,
    size: usize,
    needed: *mut usize,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        let bytes = unsafe { bytes("data", data, size) }?;
        let (status, more) = state.push(bytes)?;
        if !needed.is_null() {
            // SAFETY: the caller's promise.
            *unsafe { place("needed", needed) }? = more;
        }
        Ok(status)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// `decoder` is valid or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_finish(decoder: *mut vqz_decoder) -> u32 {
    let call = |state: &mut State| {
        state.check()?;
        state.ended = true;
        if state.whole {
            return Ok(OK);
        }
        let needed = match state.push.push(&[])? {
            Progress::NeedMore(needed) => needed,
            Progress::Finished => return Ok(OK),
        };
        Err(Failure {
            status: DAMAGED,
            text: format!("file is truncated: {needed} bytes more are needed at least"),
            model: None,
        })
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_info(decoder: *mut vqz_decoder, info: *mut vqz_info) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        unsafe { structure(info.cast_const()) }?;
        let Some(known) = state.info()? else {
            return Ok(NEED_MORE);
        };
        // SAFETY: not null, and as large as it says, which has been checked.
        unsafe { info.write_unaligned(known) };
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_metadata(
    decoder: *mut vqz_decoder,
    kind: u32,
    data: *mut *const u8,
    size: *mut usize,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise; they are of different types, so that they are different places.
        let (data, size) = unsafe { (place("data", data)?, place("size", size)?) };
        (*data, *size) = (std::ptr::null(), 0);
        let index = match kind {
            1..=3 => kind as usize - 1,
            _ => return Err(Failure::argument(format!("{kind} is no VQZ_METADATA_*"))),
        };
        if !state.keep_metadata()? {
            return Ok(NEED_MORE);
        }
        if let Some(kept) = &state.metadata[index] {
            (*data, *size) = (kept.as_ptr(), kept.len());
        }
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_view_size(
    decoder: *mut vqz_decoder,
    view: *const vqz_view,
    width: *mut u32,
    height: *mut u32,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        let view = unsafe { arguments::view(view) }?;
        let Some(picture) = state.picture()? else {
            return Ok(NEED_MORE);
        };
        let region = view.resolve(picture.width(), picture.height())?;
        // SAFETY: the caller's promise. One reference ends before the next begins.
        *unsafe { place("width", width) }? = region.width;
        // SAFETY: as above.
        *unsafe { place("height", height) }? = region.height;
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid; `buffer` has `size` bytes that nobody else uses.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_decode(
    decoder: *mut vqz_decoder,
    view: *const vqz_view,
    format: u32,
    buffer: *mut c_void,
    size: usize,
    stride: usize,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        let view = unsafe { arguments::view(view) }?;
        let format = arguments::format(format)?;
        // SAFETY: the caller's promise.
        let buffer = unsafe { bytes_mut("buffer", buffer, size) }?;
        let Some(picture) = state.picture()? else {
            return Ok(NEED_MORE);
        };
        picture.decode_into(view, format, buffer, stride)?;
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid; `rows` keeps to what vqz.h asks of it.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_decode_rows(
    decoder: *mut vqz_decoder,
    view: *const vqz_view,
    format: u32,
    rows: RowsFunction,
    user: *mut c_void,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        let view = unsafe { arguments::view(view) }?;
        let format = arguments::format(format)?;
        let rows = rows.ok_or_else(|| Failure::argument("rows is null"))?;
        let Some(picture) = state.picture()? else {
            return Ok(NEED_MORE);
        };
        picture.decode_rows(view, format, |band: &Rows<'_>| {
            // SAFETY: the caller's function, with what the caller gave for it, and with data that live until it returns.
            let more = unsafe {
                rows(
                    user,
                    band.first,
                    band.count,
                    band.data.as_ptr(),
                    band.stride,
                )
            };
            more != 0
        })?;
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// `decoder` is valid or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_last_error(decoder: *const vqz_decoder) -> *const c_char {
    // SAFETY: the caller's promise.
    let Some(decoder) = (unsafe { decoder.as_ref() }) else {
        return c"decoder is null".as_ptr();
    };
    match decoder.0.try_lock() {
        Ok(state) => state.text.as_ptr(),
        Err(TryLockError::WouldBlock) => c"the decoder is in use".as_ptr(),
        Err(TryLockError::Poisoned(_)) => c"libvqz panicked; please report this".as_ptr(),
    }
}

/// See vqz.h.
///
/// # Safety
/// `decoder` is valid or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_needed_model(decoder: *const vqz_decoder) -> *const c_char {
    // SAFETY: the caller's promise.
    let decoder = unsafe { decoder.as_ref() };
    let state = decoder.and_then(|decoder| decoder.0.try_lock().ok());
    let model = state.and_then(|state| state.model.as_ref().map(|text| text.as_ptr()));
    model.unwrap_or(std::ptr::null())
}
