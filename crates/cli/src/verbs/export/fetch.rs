//! An export that comes into a folder.

use std::path::Path;

use aws_sdk_s3::Client as S3;
use query_worker::{File, Manifest, Place};
use runtime::aws::failed;
use tokio::io::AsyncWriteExt;

use crate::exit::{Exit, Stop};

const MANIFEST: &str = "result.manifest";

/// Makes the folder; one with an export in it is refused.
pub fn prepare(folder: &Path, overwrite: bool) -> Result<(), Stop> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Exit::Usage.with(format!("the folder {} cannot be made: {error}", folder.display()))
    })?;
    if folder.join(MANIFEST).exists() && !overwrite {
        let words = format!(
            "there is an export in {} already: choose another folder, or say --overwrite",
            folder.display()
        );
        return Err(Exit::Usage.with(words));
    }
    Ok(())
}

/// Brings all files, the manifest last, and removes them from S3. The manifest then names the files as they are called in
/// the folder.
pub async fn fetch(s3: &S3, by: &Place, manifest: &Manifest, folder: &Path) -> Result<Manifest, Stop> {
    // What the folder held before is no export any more.
    match std::fs::remove_file(folder.join(MANIFEST)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut here = manifest.clone();
    for (number, file) in here.entries.iter_mut().enumerate() {
        let (key, name) = (by.part(number), format!("result.part_{number:05}"));
        bring(s3, by, &key, &folder.join(&name), file).await?;
        file.url = name;
    }
    tokio::fs::write(folder.join(MANIFEST), serde_json::to_vec_pretty(&here)?).await?;
    let keys = (0..here.entries.len())
        .map(|number| by.part(number))
        .chain([by.manifest()]);
    for key in keys {
        let call = s3.delete_object().bucket(&by.bucket).key(&key);
        call.send().await.map_err(failed("DeleteObject", &key))?;
    }
    Ok(here)
}

async fn bring(s3: &S3, by: &Place, key: &str, to: &Path, file: &File) -> Result<(), Stop> {
    let call = s3.get_object().bucket(&by.bucket).key(key);
    let object = call.send().await.map_err(failed("GetObject", key))?;
    let mut written = tokio::fs::File::create(to).await?;
    let bytes = tokio::io::copy(&mut object.body.into_async_read(), &mut written).await?;
    written.flush().await?;
    match bytes == file.bytes {
        true => Ok(()),
        false => Err(Exit::Failed.with(format!("{} of {} bytes of {key} came", bytes, file.bytes))),
    }
}
