//! Measures of distortion, and of rate at equal distortion, for `vqz eval` and `vqz compare`.

pub mod bd_rate;
pub mod ms_ssim;
pub mod psnr;
