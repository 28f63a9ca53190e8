//! The result on its way into S3: in parts, while it comes, with the same memory however long it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use runtime::aws::failed;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::manifest::File;
use crate::place::Place;

/// Bytes of a part. S3 wants 5 MiB at least, and takes 10,000 parts of one file.
const PART: usize = 8 << 20;
/// Room behind a full part for the row that fills it.
const SLACK: usize = 256 << 10;
/// Parts that are under way at the same time. Memory is so many parts and the one that is being filled.
const AT_A_TIME: usize = 3;
/// A file ends with the first row past so many bytes, as Aurora's own exports do.
const LARGEST_FILE: u64 = 6 << 30;

/// Rows and bytes that came so far.
#[derive(Debug, Default)]
pub struct Counted {
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl Counted {
    /// Rows.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Bytes that are in S3 or on their way there.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// One file that is being uploaded. Nobody sees it before it is completed.
#[derive(Debug)]
struct Upload {
    key: String,
    id: String,
    parts: Vec<CompletedPart>,
    shipped: i32,
    bytes: u64,
    rows: u64,
}

/// The files of one export. [`Output::complete`] makes them visible, [`Output::abort`] leaves nothing.
#[derive(Debug)]
pub struct Output {
    s3: Client,
    place: Place,
    room: Vec<u8>,
    files: Vec<Upload>,
    /// Parts under way, each with the number of its file.
    shipping: JoinSet<Result<(usize, CompletedPart), Error>>,
    counted: Arc<Counted>,
    largest_file: u64,
}

impl Output {
    /// An export at this place. Nothing is there yet.
    pub fn new(s3: Client, place: Place) -> Self {
        Self {
            s3,
            place,
            room: Vec::with_capacity(PART + SLACK),
            files: Vec::new(),
            shipping: JoinSet::new(),
            counted: Arc::default(),
            largest_file: LARGEST_FILE,
        }
    }

    /// The same with smaller files.
    #[must_use]
    pub fn with_files_of(mut self, bytes: u64) -> Self {
        self.largest_file = bytes;
        self
    }

    /// How far it is, for whoever tells it.
    pub fn counted(&self) -> Arc<Counted> {
        Arc::clone(&self.counted)
    }

    /// Where a row is written; [`Self::end_row`] ends it.
    pub fn room(&mut self) -> &mut Vec<u8> {
        &mut self.room
    }

    /// Ends a row, and sends a part off when there is enough for one.
    ///
    /// # Errors
    /// When S3 did not take an earlier part.
    pub async fn end_row(&mut self) -> Result<(), Error> {
        self.end_rows(1).await
    }

    /// Ends several rows at once; after none, what stands in the room goes on with the next call.
    ///
    /// # Errors
    /// As [`Self::end_row`].
    pub async fn end_rows(&mut self, rows: u64) -> Result<(), Error> {
        self.counted.rows.fetch_add(rows, Ordering::Relaxed);
        if self.room.len() < PART {
            return Ok(());
        }
        self.ship().await?;
        let file = self.files.last().map_or(0, |file| file.bytes);
        if rows > 0 && file >= self.largest_file {
            self.begin_file().await?;
        }
        Ok(())
    }

    /// Sends what is in the room off. Waits while too much is under way.
    async fn ship(&mut self) -> Result<(), Error> {
        if self.files.is_empty() {
            self.begin_file().await?;
        }
        while self.shipping.len() >= AT_A_TIME {
            self.take_in().await?;
        }
        let number = self.files.len() - 1;
        let Some(file) = self.files.last_mut() else {
            return Ok(());
        };
        let body = Bytes::from(std::mem::replace(
            &mut self.room,
            Vec::with_capacity(PART + SLACK),
        ));
        file.shipped += 1;
        file.bytes += body.len() as u64;
        self.counted.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        let rows = self.counted.rows();
        let before: u64 = self.files[..number].iter().map(|file| file.rows).sum();
        let file = &mut self.files[number];
        file.rows = rows - before;
        let call = self
            .s3
            .upload_part()
            .bucket(&self.place.bucket)
            .key(&file.key)
            .upload_id(&file.id)
            .part_number(file.shipped)
            .body(body.into());
        let (key, part) = (file.key.clone(), file.shipped);
        self.shipping.spawn(async move {
            // The connection is encrypted, and S3 holds the checksum against what came.
            let sent = call.customize().disable_payload_signing().send().await;
            let sent = sent.map_err(failed("UploadPart", key))?;
            let done = CompletedPart::builder()
                .part_number(part)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32)
                .set_checksum_crc64_nvme(sent.checksum_crc64_nvme);
            Ok((number, done.build()))
        });
        Ok(())
    }

    /// Waits for a part that is under way.
    async fn take_in(&mut self) -> Result<(), Error> {
        match self.shipping.join_next().await {
            Some(Ok(sent)) => {
                let (number, part) = sent?;
                self.files[number].parts.push(part);
                Ok(())
            }
            Some(Err(_)) => Err(Error::Stopped),
            None => Ok(()),
        }
    }

    async fn begin_file(&mut self) -> Result<(), Error> {
        let key = self.place.part(self.files.len());
        let call = self
            .s3
            .create_multipart_upload()
            .bucket(&self.place.bucket)
            .key(&key);
        let begun = call.send().await.map_err(failed("CreateMultipartUpload", &key))?;
        self.files.push(Upload {
            key,
            id: begun.upload_id.unwrap_or_default(),
            parts: Vec::new(),
            shipped: 0,
            bytes: 0,
            rows: 0,
        });
        Ok(())
    }

    /// Waits until all of it is in S3, still unseen.
    ///
    /// # Errors
    /// When S3 did not take a part.
    pub async fn settle(&mut self) -> Result<(), Error> {
        let is_last_empty = self.files.last().is_none_or(|file| file.shipped == 0);
        // An export without rows is a file without bytes, and a file must have a part.
        if !self.room.is_empty() || is_last_empty {
            self.ship().await?;
        }
        while !self.shipping.is_empty() {
            self.take_in().await?;
        }
        Ok(())
    }

    /// Makes the files visible.
    ///
    /// # Errors
    /// When S3 refuses one. Those before it are visible then: call [`Self::abort`].
    pub async fn complete(&mut self) -> Result<Vec<File>, Error> {
        let mut files = Vec::with_capacity(self.files.len());
        for file in &mut self.files {
            file.parts.sort_by_key(CompletedPart::part_number);
            let parts = CompletedMultipartUpload::builder().set_parts(Some(file.parts.clone()));
            let call = self
                .s3
                .complete_multipart_upload()
                .bucket(&self.place.bucket)
                .key(&file.key)
                .upload_id(&file.id)
                .multipart_upload(parts.build());
            let done = call
                .send()
                .await
                .map_err(failed("CompleteMultipartUpload", &file.key))?;
            files.push(File {
                url: self.place.url(&file.key),
                bytes: file.bytes,
                rows: file.rows,
                etag: done.e_tag.unwrap_or_default().trim_matches('"').to_owned(),
            });
        }
        Ok(files)
    }

    /// Leaves nothing in S3. What cannot be removed is logged: the bucket's own rule for unfinished uploads has it then.
    pub async fn abort(mut self) {
        self.shipping.shutdown().await;
        for file in &self.files {
            let call = self
                .s3
                .abort_multipart_upload()
                .bucket(&self.place.bucket)
                .key(&file.key)
                .upload_id(&file.id);
            if let Err(error) = call
                .send()
                .await
                .map_err(failed("AbortMultipartUpload", &file.key))
            {
                tracing::warn!(error = runtime::chain(&error), "an upload could not be aborted");
            }
        }
    }
}
