//! How domain values are written into text columns: the store's own forms, so that a renamed field in the domain does
//! not change what is on disk.
//!
//! Start at [`Stored`]. [`words`] holds values that are one word or number, the other files one domain word each.
//! Columns that are searched or sorted by are columns; everything else of a row is one JSON text.

mod attention;
mod health;
mod log;
mod plan;
mod sla;
mod source;
mod tickets;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

/// A value that can be written into the store and read back.
pub trait Stored: Sized {
    /// What is written.
    type Form: Serialize + DeserializeOwned;

    /// The form of this value.
    fn form(&self) -> Self::Form;

    /// The value of a form.
    ///
    /// # Errors
    /// Says which word or number makes no sense.
    fn back(form: Self::Form) -> Result<Self, String>;
}

/// The text of a value.
///
/// # Errors
/// When a form cannot be written as JSON, which no form here brings about.
pub fn to_text<T: Stored>(value: &T) -> Result<String, String> {
    serde_json::to_string(&value.form()).map_err(|e| e.to_string())
}

/// The value of a text.
///
/// # Errors
/// Says what in `text` cannot be read.
pub fn from_text<T: Stored>(text: &str) -> Result<T, String> {
    T::back(serde_json::from_str(text).map_err(|e| e.to_string())?)
}

/// Declares the form of a struct field by field, both ways. A field that the struct gains or loses does not compile
/// until it is named here.
macro_rules! stored {
    ($($type:ident as $form:ident { $($(#[$meta:meta])* $field:ident: $of:ty),* $(,)? })*) => { $(
        #[derive(serde::Serialize, serde::Deserialize)]
        pub struct $form { $($(#[$meta])* pub $field: <$of as $crate::server::store::encoding::Stored>::Form),* }

        impl $crate::server::store::encoding::Stored for $type {
            type Form = $form;

            fn form(&self) -> $form {
                $form { $($field: <$of as $crate::server::store::encoding::Stored>::form(&self.$field)),* }
            }

            fn back(form: $form) -> Result<Self, String> {
                Ok(Self { $($field: <$of as $crate::server::store::encoding::Stored>::back(form.$field)?),* })
            }
        }
    )* };
}
use stored;

macro_rules! as_itself {
    ($($type:ty),*) => { $(
        impl Stored for $type {
            type Form = Self;
            fn form(&self) -> Self { self.clone() }
            fn back(form: Self) -> Result<Self, String> { Ok(form) }
        }
    )* };
}
as_itself!(bool, u32, u64, i64, String);

impl Stored for Arc<str> {
    type Form = String;
    fn form(&self) -> String {
        (**self).to_owned()
    }
    fn back(form: String) -> Result<Self, String> {
        Ok(form.into())
    }
}

impl<T: Stored> Stored for Option<T> {
    type Form = Option<T::Form>;
    fn form(&self) -> Self::Form {
        self.as_ref().map(T::form)
    }
    fn back(form: Self::Form) -> Result<Self, String> {
        form.map(T::back).transpose()
    }
}

impl<T: Stored> Stored for Vec<T> {
    type Form = Vec<T::Form>;
    fn form(&self) -> Self::Form {
        self.iter().map(T::form).collect()
    }
    fn back(form: Self::Form) -> Result<Self, String> {
        form.into_iter().map(T::back).collect()
    }
}

impl<T: Stored> Stored for Arc<T> {
    type Form = T::Form;
    fn form(&self) -> Self::Form {
        T::form(self)
    }
    fn back(form: Self::Form) -> Result<Self, String> {
        T::back(form).map(Self::new)
    }
}

impl<T: Stored> Stored for Box<T> {
    type Form = T::Form;
    fn form(&self) -> Self::Form {
        T::form(self)
    }
    fn back(form: Self::Form) -> Result<Self, String> {
        T::back(form).map(Self::new)
    }
}

impl<T: Stored> Stored for BTreeMap<String, T> {
    type Form = BTreeMap<String, T::Form>;
    fn form(&self) -> Self::Form {
        self.iter().map(|(k, v)| (k.clone(), v.form())).collect()
    }
    fn back(form: Self::Form) -> Result<Self, String> {
        form.into_iter().map(|(k, v)| Ok((k, T::back(v)?))).collect()
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    type Form = (A::Form, B::Form);
    fn form(&self) -> Self::Form {
        (self.0.form(), self.1.form())
    }
    fn back(form: Self::Form) -> Result<Self, String> {
        Ok((A::back(form.0)?, B::back(form.1)?))
    }
}
