//! What is fetched, and what it must be: versions, platforms, SHA-256 sums.
//!
//! The wheels are always those for CPython 3.11: what we take from them does
//! not depend on python, and so one sum a file is enough.

/// The libtorch that `tch` in Cargo.toml is made for; change the two together.
pub const VERSION: &str = "2.11.0";

/// One wheel and the libraries that we take from it.
pub struct Wheel {
    /// What pip is asked for.
    pub requirement: &'static str,
    /// SHA-256 of the wheel file.
    pub sha256: &'static str,
    /// The libraries that a CPU run needs.
    pub libraries: &'static [Library],
}

/// A file in a wheel.
pub struct Library {
    /// Path inside the wheel; its last part is the name in `lib/`.
    pub path: &'static str,
    /// SHA-256 of the unpacked file.
    pub sha256: &'static str,
}

/// A kind of machine that has wheels.
pub struct Platform {
    /// As `std::env::consts::ARCH` names it; Linux only.
    pub arch: &'static str,
    /// torch first: the headers are taken from it.
    pub wheels: [Wheel; 3],
}

const fn library(path: &'static str, sha256: &'static str) -> Library {
    Library { path, sha256 }
}

/// The platforms known.
pub const PLATFORMS: [Platform; 2] = [X86_64, AARCH64];

const X86_64: Platform = Platform {
    arch: "x86_64",
    wheels: [
        Wheel {
            requirement: "torch==2.11.0",
            sha256: "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a",
            libraries: &[
                library(
                    "torch/lib/libtorch_cpu.so",
                    "99ea9120891528198d73d477714adf14ec662dec467aca8a3940796ccd452e91",
                ),
                library(
                    "torch/lib/libc10.so",
                    "be5e17cd7752a6af003978706379384c3108f6b68916bb1949e610f6397bb640",
                ),
                library(
                    "torch/lib/libgomp.so.1",
                    "e28fb2896a3d612b46a27d7f8ef840d34c9efbc29b70a044c42095fb94856890",
                ),
            ],
        },
        Wheel {
            requirement: "nvidia-cuda-runtime==13.0.96",
            sha256: "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
            libraries: &[library(
                "nvidia/cu13/lib/libcudart.so.13",
                "96c42e418cec19054186b9429c321603cc190bf26a18104e19408117a2a817b0",
            )],
        },
        Wheel {
            requirement: "nvidia-cuda-cupti==13.0.85",
            sha256: "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
            libraries: &[library(
                "nvidia/cu13/lib/libcupti.so.13",
                "e2f9ed861fe27c492b8bb52b5e3220ef5120f3edcda36312e96b7fd8a186be3e",
            )],
        },
    ],
};

const AARCH64: Platform = Platform {
    arch: "aarch64",
    wheels: [
        Wheel {
            requirement: "torch==2.11.0",
            sha256: "d91aac77f24082809d2c5a93f52a5f085032740a1ebc9252a7b052ef5a4fddc6",
            libraries: &[
                library(
                    "torch/lib/libtorch_cpu.so",
                    "af8453bb5bfffe061a27b21975467473b8f3e4daa86403c6d1259a7283e3ddb1",
                ),
                library(
                    "torch/lib/libc10.so",
                    "bdbdbfc7d0e2011a8eadcf90196d78936416e8eb78ad9fd3922d5a151d093f2e",
                ),
                library(
                    "torch/lib/libgomp.so.1",
                    "dfee810d70d5df631d5cbf4170273938cf0ab5756caa65c7cd264746cdf886ad",
                ),
                library(
                    "torch/lib/libarm_compute.so",
                    "3932444706d9b146fdf52fa81bd6b6c22fd4adbff124734f8afcae4bd676bcd2",
                ),
                library(
                    "torch/lib/libarm_compute_graph.so",
                    "98b45299d32d2027c46f07bf413aa55832b88f6ffa40cb7f50345417cf990aab",
                ),
                library(
                    "torch/lib/libnvpl_blas_core.so.0",
                    "5d74d2a7d48ace2b563405d42695053f8dd058a92db19a5e54ecdeab21a3f6d5",
                ),
                library(
                    "torch/lib/libnvpl_blas_lp64_gomp.so.0",
                    "4ba3cde968a086163fcfc923c0fabcfb43be2cfbea7662399889b3cf086f4077",
                ),
                library(
                    "torch/lib/libnvpl_lapack_core.so.0",
                    "10ef87919b461fe818a9bfabf149526150cf463d938ad1aa0863311ea4a10c15",
                ),
                library(
                    "torch/lib/libnvpl_lapack_lp64_gomp.so.0",
                    "0e02dc39b705e466bb887d6967140ff4c02595f0e10b1865adb012fc232352de",
                ),
            ],
        },
        Wheel {
            requirement: "nvidia-cuda-runtime==13.0.96",
            sha256: "ef9bcbe90493a2b9d810e43d249adb3d02e98dd30200d86607d8d02687c43f55",
            libraries: &[library(
                "nvidia/cu13/lib/libcudart.so.13",
                "7bdba2b5b08cbdc85203c41cc94598adedb1bcfea7cb574ca693ac73599e4e63",
            )],
        },
        Wheel {
            requirement: "nvidia-cuda-cupti==13.0.85",
            sha256: "796bd679890ee55fb14a94629b698b6db54bcfd833d391d5e94017dd9d7d3151",
            libraries: &[library(
                "nvidia/cu13/lib/libcupti.so.13",
                "a55e03ccab21830f5b9d1ca7a02ecd59c557e0d54c769a181ad1140a3cff8ac1",
            )],
        },
    ],
};
