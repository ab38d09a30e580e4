//! `settings!`: one list gives the configuration's structs, its defaults, its readers and its documentation, so
//! that none of them can forget a key.

use std::ops::RangeInclusive;

use super::Config;
use super::setting::Raw;

/// One key as the loader, `config show` and the documentation see it.
pub(crate) struct Key {
    /// `section.key`.
    pub(crate) name: &'static str,
    /// The doc comment's lines.
    pub(crate) doc: &'static [&'static str],
    /// What may be written, in words.
    pub(crate) form: &'static str,
    /// The least and largest value, for numbers.
    pub(crate) range: Option<RangeInclusive<u64>>,
    /// Reads a value into its field.
    pub(crate) set: fn(&mut Config, &Raw) -> Result<(), String>,
    /// The field as it is written in TOML.
    pub(crate) show: fn(&Config) -> String,
}

impl Key {
    /// The environment variable that sets this key.
    pub(crate) fn variable(&self) -> String {
        format!("VISAVIS_{}", self.name.replace('.', "__").to_uppercase())
    }
}

/// One section of the file.
pub(crate) struct Section {
    /// As in `[name]`.
    pub(crate) name: &'static str,
    /// The doc comment's lines.
    pub(crate) doc: &'static [&'static str],
    /// In the order of the documentation.
    pub(crate) keys: &'static [Key],
}

/// `section: Struct { key: Type = "default, written as in an environment variable" in (least..=largest), }`
macro_rules! settings {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident: $Section:ident {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $Type:ty = $default:literal $(in $range:tt)?,
            )+
        }
    )+) => {
        /// Everything an operator may choose.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Config {
            /// The file that was read, if there was one.
            pub file: Option<PathBuf>,
            $( $(#[doc = $section_doc])+ pub $section: $Section, )+
        }

        $(
            $(#[doc = $section_doc])+
            #[derive(Debug, Clone, PartialEq)]
            pub struct $Section {
                $( $(#[doc = $doc])+ pub $key: $Type, )+
            }
        )+

        impl Default for Config {
            fn default() -> Self {
                Self {
                    file: None,
                    $( $section: $Section {
                        $( $key: <$Type>::read(&Raw::Words($default.to_owned()))
                            .expect("every default is valid: a test reads each"), )+
                    }, )+
                }
            }
        }

        /// Every section with its keys, in the order of the documentation.
        pub(crate) static SECTIONS: &[Section] = &[$(
            Section {
                name: stringify!($section),
                doc: &[$($section_doc),+],
                keys: &[$(
                    Key {
                        name: concat!(stringify!($section), ".", stringify!($key)),
                        doc: &[$($doc),+],
                        form: <$Type>::FORM,
                        range: settings!(@range $($range)?),
                        set: |config, raw| {
                            let value = <$Type>::read(raw)?;
                            settings!(@check value $($range)?);
                            config.$section.$key = value;
                            Ok(())
                        },
                        show: |config| config.$section.$key.show(),
                    },
                )+],
            },
        )+];
    };
    (@range) => { None };
    (@range $range:tt) => { Some($range) };
    (@check $value:ident) => {};
    (@check $value:ident ($least:literal..=$largest:literal)) => {
        if !($least..=$largest).contains(&$value) {
            return Err(format!("{} is not from {} to {}", $value, $least, $largest));
        }
    };
}

pub(crate) use settings;
