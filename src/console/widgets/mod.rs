//! Drawing of data: data in, cells out.
