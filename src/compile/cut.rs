//! The division of a group's elements into blocks: by sizes only, so that results are the same on any number of
//! threads. Floor 5.

use super::fuse::Extent;
use gradus_exec::plan::{Kernel, LANES, Space, Step, Walk};

/// Elements of a tile: of a single operation, which needs no tiles in between; of a few operations; of many.
const TILES: [usize; 3] = [4096, 1024, 512];
/// The most columns of rows that lie beside each other in the lanes.
const NARROW: usize = 128;
/// The approximate number of elements in a tile of such rows.
const ACROSS: usize = 1024;

/// Divides the elements of an extent.
pub(super) fn cut(steps: &[Step], members: &[usize], extent: Extent) -> Space {
    let (rows, columns) = match extent {
        Extent::Rows(rows, columns) if columns <= NARROW && rows >= LANES / 2 => {
            let block =
                (ACROSS / columns / LANES * LANES).clamp(LANES, 256).min(rows).next_multiple_of(LANES);
            return Space::RowsInLanes { rows, columns, block };
        }
        Extent::Rows(rows, columns) => return Space::RowAlongLanes { rows, columns },
        Extent::Flat(n) => {
            let cycle = |step: &Step| match step.kernel {
                Kernel::Contract(product) => Some(product.size[2]),
                Kernel::Map(_) => step.args.iter().find_map(|arg| match arg.walk() {
                    Walk::Cycle(columns) => Some(columns),
                    _ => None,
                }),
                _ => None,
            };
            let columns = members.iter().find_map(|&at| cycle(&steps[at])).unwrap_or(n);
            (n / columns, columns)
        }
        Extent::Alone => (1, 1),
    };
    let tile = TILES[(members.len() - 1).div_ceil(3).min(2)];
    let block = match tile / columns {
        0 => [1, tile],
        // A block of whole vectors, where some rows together have them.
        some => {
            let even = LANES >> columns.trailing_zeros().min(LANES.trailing_zeros());
            [if some >= even { some / even * even } else { some }.min(rows), columns]
        }
    };
    Space::Flat { rows, columns, block }
}
