//! What takes effect from the repository.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Stored, stored};
use crate::domain::{
    access::{AuthProvider, Encryption, GroupMapping, LdapProvider, PasswordSource, UserAttributes},
    detail::Commit,
    estate::SourceSummary,
    gitops::Place,
    hierarchy::ScopedName,
    tickets::{Catalog, Category, Group, Item, Priority, Workflow},
    time::Timestamp,
};

stored! {
    Category as CategoryForm { name: String, display_name: String, place: Option<Place> }
    Item as ItemForm {
        name: ScopedName,
        category: String,
        display_name: String,
        description: String,
        workflow: String,
        priority: Option<Priority>,
        assignee_group: Option<String>,
        response_minutes: Option<u32>,
        resolution_minutes: Option<u32>,
        place: Option<Place>,
    }
    Catalog as CatalogForm { categories: Vec<Category>, items: BTreeMap<String, Item> }
    Group as GroupForm { name: ScopedName, users: Vec<String>, ldap_group: Option<String>, place: Option<Place> }
    AuthProvider as AuthProviderForm {
        name: String,
        display_name: String,
        kind: String,
        enabled: bool,
        is_default: bool,
        min_password_length: u32,
        // Rows from before there was more to say hold none of the following.
        #[serde(default)]
        require_uppercase: bool,
        #[serde(default)]
        require_digit: bool,
        #[serde(default)]
        ldap: Option<LdapProvider>,
    }
    LdapProvider as LdapProviderForm {
        host: String,
        port: u32,
        encryption: Encryption,
        base_dn: String,
        bind_dn: String,
        password: PasswordSource,
        user_filter: String,
        group_filter: String,
        attributes: UserAttributes,
        mappings: Vec<GroupMapping>,
    }
    UserAttributes as UserAttributesForm { username: String, email: String, display_name: String }
    GroupMapping as GroupMappingForm { ldap: String, group: String, place: Option<Place> }
    Commit as CommitForm { id: Arc<str>, author: String, at: Timestamp, subject: String }
    SourceSummary as SourceSummaryForm {
        revision: Option<String>,
        // These three came later; what was written before does without.
        #[serde(default)]
        commit: Option<Commit>,
        read_at: Timestamp,
        #[serde(default)]
        checked_at: Timestamp,
        #[serde(default)]
        held: u32,
        files: u32,
        errors: u32,
        warnings: u32,
        rejected: Option<String>,
        org: String,
        workflows: BTreeMap<String, Arc<Workflow>>,
        catalog: Catalog,
        groups: BTreeMap<String, Group>,
        providers: Vec<AuthProvider>,
    }
}

/// The written form of [`PasswordSource`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordSourceForm {
    /// See [`PasswordSource::None`].
    None,
    /// See [`PasswordSource::Plain`].
    Plain,
    /// See [`PasswordSource::SecretRef`].
    SecretRef {
        /// The Secret.
        name: String,
        /// Its key.
        key: String,
    },
}

impl Stored for PasswordSource {
    type Form = PasswordSourceForm;

    fn form(&self) -> PasswordSourceForm {
        match self {
            Self::None => PasswordSourceForm::None,
            Self::Plain => PasswordSourceForm::Plain,
            Self::SecretRef { name, key } => PasswordSourceForm::SecretRef { name: name.clone(), key: key.clone() },
        }
    }

    fn back(form: PasswordSourceForm) -> Result<Self, String> {
        Ok(match form {
            PasswordSourceForm::None => Self::None,
            PasswordSourceForm::Plain => Self::Plain,
            PasswordSourceForm::SecretRef { name, key } => Self::SecretRef { name, key },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::encoding::{from_text, to_text};

    #[test]
    fn a_provider_written_before_there_were_directories_is_still_read() {
        let old = r#"{"name":"local","display_name":"Local","kind":"local","enabled":true,"is_default":true,"min_password_length":12}"#;
        let provider: AuthProvider = from_text(old).unwrap();
        assert!(provider.ldap.is_none() && !provider.require_digit && !provider.require_uppercase);
        assert_eq!(provider.min_password_length, 12);
    }

    #[test]
    fn a_directory_comes_back_as_it_was_written() {
        let mut provider = AuthProvider {
            name: "corporate".to_owned(),
            display_name: "Corporate directory".to_owned(),
            kind: "ldap".to_owned(),
            enabled: true,
            is_default: false,
            min_password_length: 0,
            require_uppercase: false,
            require_digit: false,
            ldap: Some(LdapProvider {
                host: "ldap.example".to_owned(),
                port: 389,
                encryption: Encryption::StartTls,
                base_dn: "dc=example".to_owned(),
                bind_dn: "cn=itops,dc=example".to_owned(),
                password: PasswordSource::SecretRef { name: "ldap".to_owned(), key: "bindPassword".to_owned() },
                user_filter: "(sAMAccountName=%s)".to_owned(),
                group_filter: "(member=%s)".to_owned(),
                attributes: UserAttributes {
                    username: "sAMAccountName".to_owned(),
                    email: "mail".to_owned(),
                    display_name: "displayName".to_owned(),
                },
                mappings: vec![GroupMapping {
                    ldap: "cn=dba,dc=example".to_owned(),
                    group: "acme/dba".to_owned(),
                    place: None,
                }],
            }),
        };
        assert_eq!(from_text::<AuthProvider>(&to_text(&provider).unwrap()).unwrap(), provider);
        let ldap = provider.ldap.as_mut().unwrap();
        ldap.password = PasswordSource::Plain;
        ldap.encryption = Encryption::Ldaps;
        assert_eq!(from_text::<AuthProvider>(&to_text(&provider).unwrap()).unwrap(), provider);
    }
}
